//! From the flags of `serve` to what the service is told.

use std::path::PathBuf;

use hunktrace_server::transport::accept::LocalUsers;
use hunktrace_server::transport::tls::TlsFiles;
use hunktrace_server::wire::limits::Limits;
use hunktrace_server::wire::serve_options::ServeOptions;

use crate::cli::{LimitArgs, ServeArgs};

/// What the flags ask for.
pub fn serve_options(args: &ServeArgs, index: PathBuf) -> ServeOptions {
    let access = &args.access;
    let tls = access.tls_certificate.clone().zip(access.tls_key.clone());
    ServeOptions {
        index,
        catalogue: args.catalogue.clone(),
        listen: args.listen.clone(),
        pages: args.http.clone(),
        has_public_pages: access.public_pages,
        is_insecure: args.insecure,
        tls: tls.map(|(certificate, key)| TlsFiles {
            certificate,
            key,
            client_ca: access.tls_client_ca.clone(),
        }),
        tokens: access.tokens.clone(),
        local_users: LocalUsers { users: access.unix_user.clone(), groups: access.unix_group.clone() },
        metrics: args.telling.metrics.clone(),
        has_reflection: !args.protocols.no_reflection,
        has_grpc_web: args.protocols.grpc_web,
        cors_origins: args.protocols.cors_origin.clone(),
        limits: Limits::from(&args.limits),
    }
}

impl From<&LimitArgs> for Limits {
    fn from(args: &LimitArgs) -> Limits {
        let LimitArgs {
            text_bytes,
            hunks,
            candidates,
            problems,
            answer_bytes,
            release_bytes,
            release_files,
            paths,
            commits,
            waiting,
            releases,
            held_bytes,
            connections,
            calls,
            calls_per_connection,
            request_time,
            release_time,
            call_idle,
            connection_idle,
            handshake_time,
            keep_alive,
            drain_time,
        } = args.clone();
        Limits {
            text_bytes,
            hunks,
            candidates,
            problems,
            answer_bytes,
            release_bytes,
            release_files,
            paths,
            commits,
            waiting,
            releases,
            held_bytes,
            connections,
            calls,
            calls_per_connection,
            request_time,
            release_time,
            call_idle,
            connection_idle,
            handshake_time,
            keep_alive,
            drain_time,
        }
    }
}
