//! How the program takes memory from the system.

/// Indexing and lookups allocate and free buffers of all sizes on several threads; the system's allocator takes a
/// sixth of an indexing run's time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Has the system give memory in pages of the usual size.
///
/// Pages of 2 MiB are cleared as a whole when their first byte is used, and buffers that come and go use a part of each: with
/// them a row of releases takes an eighth more processor time and a tenth more memory. Programs that this one starts inherit it.
pub fn take_usual_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_thp_disable(true) {
        // The answers are the same, they only take longer.
        tracing::debug!(%error, "huge pages stay as the system has them");
    }
}
