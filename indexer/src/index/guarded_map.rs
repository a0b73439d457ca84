//! Files that are mapped into memory, and what becomes of one that is cut off while it is mapped.
//!
//! A look behind the new end of such a file is answered by the system with SIGBUS, which ends the process. Reading through
//! system calls instead would cost each lookup some hundred of them, more time than the rest of it. So the signal is caught:
//! the lost page is replaced by a page of zeros, and the map is marked. Whoever reads asks afterwards whether maps were
//! marked ([`GuardedMap::is_cut_off`]), and then gives no answer. Signals that have nothing to do with a guarded map go to
//! whoever handled them before.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::SystemTime;

use memmap2::Mmap;
use stable_deref_trait::StableDeref;
use tantivy::directory::OwnedBytes;

/// Maps that a block of the table has room for.
const BLOCK_SLOTS: usize = 256;

/// Where a map lies, for the signal's handler, which may neither lock nor allocate.
struct Slot {
    start: AtomicUsize,
    /// 0 while the slot is free.
    end: AtomicUsize,
    is_cut_off: AtomicBool,
}

impl Slot {
    const fn free() -> Slot {
        Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), is_cut_off: AtomicBool::new(false) }
    }
}

/// A part of the table of maps; parts are never given back.
struct Block {
    slots: [Slot; BLOCK_SLOTS],
    next: OnceLock<&'static Block>,
}

impl Block {
    const fn new() -> Block {
        Block { slots: [const { Slot::free() }; BLOCK_SLOTS], next: OnceLock::new() }
    }
}

static FIRST: Block = Block::new();
/// Only one map is entered at a time.
static ENTERING: Mutex<()> = Mutex::new(());
/// How many lost pages were replaced in this process.
static LOST_PAGES: AtomicUsize = AtomicUsize::new(0);
static PAGE_BYTES: AtomicUsize = AtomicUsize::new(4096);

/// A file that is mapped for reading.
pub struct GuardedMap {
    map: Mmap,
    path: PathBuf,
    /// Device, inode, length and time of the last change when it was opened.
    identity: Option<FileIdentity>,
    slot: &'static Slot,
}

/// What tells a file from another one that takes its name.
type FileIdentity = (u64, u64, u64, SystemTime);

#[cfg(unix)]
fn identity_of(metadata: &Metadata) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino(), metadata.len(), metadata.modified().ok()?))
}

#[cfg(not(unix))]
fn identity_of(metadata: &Metadata) -> Option<FileIdentity> {
    Some((0, 0, metadata.len(), metadata.modified().ok()?))
}

impl GuardedMap {
    /// Maps a file; none if it is empty.
    ///
    /// # Errors
    /// Where the file cannot be opened or mapped.
    pub fn open(path: &Path) -> io::Result<Option<Arc<GuardedMap>>> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.len() == 0 {
            return Ok(None);
        }
        handler::install();
        #[allow(unsafe_code)]
        // SAFETY: nothing that writes an index changes a file in place. If others do, readers see other bytes, which
        // checksums tell; if others cut the file off, the handler of SIGBUS keeps the map readable.
        let map = unsafe { Mmap::map(&file)? };
        let slot = enter(map.as_ptr() as usize, map.len());
        let identity = identity_of(&metadata);
        Ok(Some(Arc::new(GuardedMap { map, path: path.to_owned(), identity, slot })))
    }

    /// Whether another file has the name of this one, or it was changed in place.
    pub fn is_replaced(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|metadata| identity_of(&metadata) != self.identity)
    }

    /// Bytes of the file when it was mapped.
    pub fn mapped_bytes(&self) -> usize {
        self.map.len()
    }

    /// The file that is mapped.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a part of the file was lost since it was mapped: then zeros were read from it.
    pub fn is_cut_off(&self) -> bool {
        LOST_PAGES.load(Ordering::Relaxed) > 0 && self.slot.is_cut_off.load(Ordering::Acquire)
    }
}

impl Drop for GuardedMap {
    fn drop(&mut self) {
        self.slot.end.store(0, Ordering::Release);
    }
}

/// The first of the maps of which a part was lost.
pub fn first_cut_off(maps: &[Arc<GuardedMap>]) -> Option<&GuardedMap> {
    if LOST_PAGES.load(Ordering::Acquire) == 0 {
        return None;
    }
    maps.iter().map(Arc::as_ref).find(|map| map.is_cut_off())
}

/// The content of a map, which stays mapped while anything of it is held.
pub fn map_bytes(map: Arc<GuardedMap>) -> OwnedBytes {
    OwnedBytes::new(SharedMap(map))
}

struct SharedMap(Arc<GuardedMap>);

impl Deref for SharedMap {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.map
    }
}

#[allow(unsafe_code)]
// SAFETY: the content is where the system has mapped it, wherever the handle is moved.
unsafe impl StableDeref for SharedMap {}

/// Enters a map into the table.
fn enter(start: usize, len: usize) -> &'static Slot {
    let entering = ENTERING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut block = &FIRST;
    let slot = loop {
        if let Some(free) = block.slots.iter().find(|slot| slot.end.load(Ordering::Acquire) == 0) {
            break free;
        }
        block = block.next.get_or_init(|| Box::leak(Box::new(Block::new())));
    };
    slot.is_cut_off.store(false, Ordering::Relaxed);
    slot.start.store(start, Ordering::Relaxed);
    slot.end.store(start + len.next_multiple_of(PAGE_BYTES.load(Ordering::Relaxed)), Ordering::Release);
    drop(entering);
    slot
}

/// The map that an address belongs to.
fn slot_at(address: usize) -> Option<&'static Slot> {
    let mut block = &FIRST;
    loop {
        let found = block.slots.iter().find(|slot| {
            address < slot.end.load(Ordering::Acquire) && slot.start.load(Ordering::Relaxed) <= address
        });
        match (found, block.next.get()) {
            (Some(slot), _) => return Some(slot),
            (None, Some(next)) => block = next,
            (None, None) => return None,
        }
    }
}

/// The handler of SIGBUS.
#[allow(unsafe_code)]
mod handler {
    use libc::{c_int, c_void, siginfo_t};

    use super::*;

    /// Who handled the signal before.
    static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

    /// Installs the handler, once in a process.
    pub fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            // SAFETY: asks for a constant of the system.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            PAGE_BYTES.store(usize::try_from(page).unwrap_or(4096), Ordering::Relaxed);
            // SAFETY: the structure is plain numbers, all of which are set or may be zero; the function has the signature
            // that SA_SIGINFO asks for, and does only what a handler may do: atomic loads and stores, and mmap.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = on_bus_error as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&mut action.sa_mask);
                let mut before: libc::sigaction = std::mem::zeroed();
                if libc::sigaction(libc::SIGBUS, &action, &mut before) == 0 {
                    BEFORE.get_or_init(|| before);
                }
            }
        });
    }

    extern "C" fn on_bus_error(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        // SAFETY: the system hands over a valid structure, and for SIGBUS it has an address.
        let address = unsafe { (*info).si_addr() } as usize;
        match slot_at(address) {
            Some(slot) if replace_page(address) => {
                slot.is_cut_off.store(true, Ordering::Release);
                LOST_PAGES.fetch_add(1, Ordering::Release);
            }
            _ => pass_on(signal, info, context),
        }
    }

    /// Puts a page of zeros where a lost one was.
    fn replace_page(address: usize) -> bool {
        let page = PAGE_BYTES.load(Ordering::Relaxed);
        let start = (address & !(page - 1)) as *mut c_void;
        // SAFETY: the page belongs to a map of this module, which nobody writes to; it stays mapped, as zeros.
        let replaced = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
            libc::mmap(start, page, libc::PROT_READ, flags, -1, 0)
        };
        replaced == start
    }

    /// Leaves the signal to who handled it before, or to the system, which ends the process.
    fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        let before = BEFORE.get().filter(|before| before.sa_flags & libc::SA_SIGINFO != 0);
        match before.map(|before| before.sa_sigaction) {
            Some(handler) if handler != libc::SIG_DFL && handler != libc::SIG_IGN => {
                // SAFETY: a handler that was installed with SA_SIGINFO has this signature.
                unsafe {
                    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                        std::mem::transmute(handler);
                    handler(signal, info, context);
                }
            }
            // SAFETY: restores the default; the instruction is tried again, and the system ends the process.
            _ => unsafe {
                libc::signal(signal, libc::SIG_DFL);
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_cut_off_while_it_is_mapped_reads_as_zeros_and_is_marked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let page = 1 << 16;
        std::fs::write(&path, vec![7; 4 * page]).expect("a file");
        let map = GuardedMap::open(&path).expect("a file").expect("content");
        let bytes = map_bytes(Arc::clone(&map));
        assert!(bytes.iter().all(|byte| *byte == 7));
        assert!(!map.is_cut_off());
        let other = GuardedMap::open(&path).expect("a file").expect("content");

        File::options().write(true).open(&path).expect("the file").set_len(page as u64).expect("a length");
        assert!(!map.is_cut_off(), "nobody has looked yet");
        assert_eq!(bytes[page - 1], 7);
        assert_eq!(bytes[2 * page], 0);
        assert!(map.is_cut_off());
        assert!(!other.is_cut_off(), "nobody has looked at this map");
        assert_eq!(first_cut_off(&[other, map]).map(GuardedMap::path), Some(&*path));
    }

    #[test]
    fn empty_files_are_not_mapped() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(GuardedMap::open(file.path()).expect("a file").is_none());
    }

    #[test]
    fn more_maps_than_a_block_of_the_table_has_room_for_are_found() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), b"text").expect("a file");
        let open = |_| GuardedMap::open(file.path()).expect("a file").expect("content");
        let maps: Vec<_> = (0..BLOCK_SLOTS + 10).map(open).collect();
        for map in &maps {
            let found = slot_at(map.map.as_ptr() as usize).expect("it is entered");
            assert!(std::ptr::eq(found, map.slot));
        }
    }
}
