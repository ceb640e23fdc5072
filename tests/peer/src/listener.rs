//! A node that listens: on its port, and on a thread of its own.
//!
//! A client that keeps the test's threads busy does not keep the peer from answering, and when a
//! node goes down its thread is taken away with every connection and call on it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::protocol::features::server_features_server::ServerFeaturesServer;
use crate::protocol::gossip::gossip_server::GossipServer;
use crate::protocol::streams::streams_server::StreamsServer;
use crate::service::Node;
use crate::tls::Tls;

/// The largest message that is read, as on the server. What an append may hold is another limit.
const LARGEST_MESSAGE: usize = 17 * 1024 * 1024;

/// Connections that wait to be taken.
const BACKLOG: u32 = 1024;

/// How long a node may take to go down.
const PATIENCE: Duration = Duration::from_secs(10);

/// A port that is taken and refuses connections.
pub(crate) fn reserve(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

/// A node while it listens.
#[derive(Debug)]
pub(crate) struct Listener {
    runtime: Option<Runtime>,
}

impl Listener {
    /// Listens on a reserved port.
    pub(crate) fn start(node: Node, socket: TcpSocket, tls: Option<&Tls>) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(format!("peer-{}", node.number))
            .enable_all()
            .build()?;
        let listener = Self {
            runtime: Some(runtime),
        };
        listener.serve(node, socket, tls)?;
        Ok(listener)
    }

    /// Stops, and waits until every connection is closed.
    pub(crate) async fn stop(mut self) {
        if let Some(runtime) = self.runtime.take() {
            let stopping = tokio::task::spawn_blocking(|| runtime.shutdown_timeout(PATIENCE));
            let _ = stopping.await;
        }
    }

    fn serve(&self, node: Node, socket: TcpSocket, tls: Option<&Tls>) -> io::Result<()> {
        let Some(runtime) = &self.runtime else {
            return Ok(());
        };
        let entered = runtime.enter();
        let listening = socket.listen(BACKLOG)?;
        drop(entered);
        let incoming = TcpIncoming::from(listening).with_nodelay(Some(true));
        let mut server = Server::builder();
        if let Some(tls) = tls {
            server = server.tls_config(tls.config()).map_err(io::Error::other)?;
        }
        let streams = StreamsServer::new(node.clone()).max_decoding_message_size(LARGEST_MESSAGE);
        let router = server
            .add_service(streams)
            .add_service(GossipServer::new(node.clone()))
            .add_service(ServerFeaturesServer::new(node));
        runtime.spawn(router.serve_with_incoming(incoming));
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
