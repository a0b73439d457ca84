//! What pages for browsers need of the service: clients of it in this process, and connections of the same kind as its own.

use std::sync::Arc;
use std::time::Duration;

use hunktrace_proto::v1::catalogue_client::CatalogueClient;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use crate::access::tokens::Tokens;
use crate::transport::accept::{AcceptOptions, BoundAddress, connections};
use crate::transport::connection::Connection;
use crate::transport::connection_state::ConnectionTimes;
use crate::wire::catalogue_service::catalogue_server;
use crate::wire::client_channel::ClientChannel;
use crate::wire::embedded::in_memory;
use crate::wire::serve::{addresses, bind, hunktrace_server};
use crate::wire::serve_options::{Prepared, ServeError};

/// Clients of services in this process.
#[derive(Clone)]
pub struct LocalClients {
    /// Of the index.
    pub hunktrace: HunktraceClient<ClientChannel>,
    /// Of the catalogue, where there is one.
    pub catalogue: Option<CatalogueClient<ClientChannel>>,
}

/// Connections of browsers, as they are opened.
pub struct PageConnections {
    /// Where they are accepted.
    pub addresses: Vec<BoundAddress>,
    /// The connections.
    pub incoming: Receiver<std::io::Result<Connection>>,
    /// The tokens that browsers have to show; none where pages are for everybody.
    pub tokens: Option<Arc<Tokens>>,
    /// How long the work on one request may take.
    pub request_time: Duration,
    /// How long answers under way get when the service ends.
    pub drain_time: Duration,
}

impl Prepared {
    /// Clients of the service that is about to be served: what they ask waits for its turn, and is limited, like the
    /// questions of everybody else.
    ///
    /// # Errors
    /// Where the transport fails.
    pub async fn local_clients(&self) -> Result<LocalClients, ServeError> {
        let limits = self.options.limits;
        let catalogue = self.options.catalogue.clone();
        let has_catalogue = catalogue.is_some();
        let catalogue = catalogue.map(|path| catalogue_server(path, Arc::clone(&self.workers), &limits));
        let services = Server::builder()
            .add_optional_service(catalogue)
            .add_service(hunktrace_server(self.service.clone()));
        let channel = ClientChannel::new(in_memory(services).await?);
        let hunktrace = HunktraceClient::new(channel.clone())
            .max_decoding_message_size(limits.answer_message_bytes())
            .max_encoding_message_size(limits.request_message_bytes());
        let catalogue = has_catalogue
            .then(|| CatalogueClient::new(channel).max_decoding_message_size(limits.answer_message_bytes()));
        Ok(LocalClients { hunktrace, catalogue })
    }

    /// Accepts connections of browsers until `stop` is cancelled; those that are open end with `close`. None where the
    /// options name no address.
    ///
    /// # Errors
    /// Where an address cannot be listened on.
    pub async fn page_connections(
        &self,
        stop: &CancellationToken,
        close: &CancellationToken,
    ) -> Result<Option<PageConnections>, ServeError> {
        if self.options.pages.is_empty() {
            return Ok(None);
        }
        let limits = self.options.limits;
        let listeners = bind(&self.options.pages, "http").await?;
        let addresses = addresses(&listeners, "http")?;
        let times = ConnectionTimes {
            handshake: limits.handshake_time,
            idle: limits.connection_idle,
            call_idle: limits.call_idle,
        };
        let options = AcceptOptions {
            connections: limits.connections,
            times,
            tls: self.tls.clone(),
            local_users: self.options.local_users.clone(),
        };
        let (incoming, _) = connections(listeners, options, stop, close);
        let (request_time, drain_time) = (limits.request_time, limits.drain_time);
        let tokens = self.tokens.clone().filter(|_| !self.options.has_public_pages);
        Ok(Some(PageConnections { addresses, incoming, tokens, request_time, drain_time }))
    }
}
