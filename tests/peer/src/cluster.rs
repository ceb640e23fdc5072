//! A cluster of nodes on this machine, for as long as a test needs it.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prost::bytes::Bytes;
use tokio::net::TcpSocket;
use uuid::Uuid;

use crate::calls::Calls;
use crate::faults::Faults;
use crate::listener::{Listener, reserve};
use crate::log::{Expected, LoggedEvent, Proposed};
use crate::service::Node;
use crate::site::{Member, Site};
use crate::tls::Tls;

/// What is not written in a URL as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How a cluster is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many nodes it has; the first leads.
    pub nodes: usize,
    /// The port of the first node, the others follow; any free ones by default.
    pub port: Option<u16>,
    /// Whether it speaks TLS, with certificates of its own.
    pub tls: bool,
    /// The user and password that it asks for.
    pub credentials: Option<(String, String)>,
    /// The most bytes of one append, 1 MiB by default.
    pub max_append_size: usize,
    /// The version it says it has. From 25 on, subscriptions are told where they have caught up.
    pub version: String,
    /// After how many appends the server writes an event of its own; never for 0.
    pub stats_every: usize,
    /// How many ids are remembered to tell repeats where no revision is expected.
    pub remembered_ids: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 1,
            port: None,
            tls: false,
            credentials: None,
            max_append_size: 1024 * 1024,
            version: "24.10.0".to_owned(),
            stats_every: 7,
            remembered_ids: 50_000,
        }
    }
}

/// A cluster. When it is dropped, every node goes down and its events are gone.
#[derive(Debug)]
pub struct Cluster {
    site: Arc<Site>,
    nodes: Vec<Mutex<State>>,
    tls: Option<Tls>,
    credentials: Option<(String, String)>,
}

/// Whether a node listens.
#[derive(Debug)]
enum State {
    Up(Listener),
    /// It keeps its port, unless somebody else took it while it went down.
    Down(Option<TcpSocket>),
    Moving,
}

impl Cluster {
    /// Starts a cluster with all nodes up.
    ///
    /// # Errors
    /// Where there are no nodes, a port cannot be had or a certificate not be made.
    pub async fn start(options: Options) -> io::Result<Self> {
        let cluster = Self::reserve(options).await?;
        for node in 0..cluster.nodes.len() {
            cluster.up(node).await?;
        }
        Ok(cluster)
    }

    /// Takes the ports of a cluster; nothing listens on them yet, so connections are refused.
    ///
    /// # Errors
    /// Where there are no nodes, a port cannot be had or a certificate not be made.
    #[expect(clippy::unused_async, reason = "a socket wants a runtime around it")]
    pub async fn reserve(options: Options) -> io::Result<Self> {
        if options.nodes == 0 {
            return Err(io::Error::other("a cluster has at least one node"));
        }
        let mut ports = Vec::new();
        let mut nodes = Vec::new();
        for number in 0..options.nodes {
            let socket = reserve(port(options.port, number)?)?;
            ports.push(socket.local_addr()?.port());
            nodes.push(Mutex::new(State::Down(Some(socket))));
        }
        Ok(Self {
            site: Arc::new(Site::new(&options, &ports)),
            nodes,
            tls: options.tls.then(Tls::make).transpose()?,
            credentials: options.credentials,
        })
    }

    /// What a client connects with; name and password are percent-encoded where they must be.
    pub fn connection_string(&self) -> String {
        let credentials = self.credentials.as_ref();
        let written = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let credentials =
            credentials.map(|(user, password)| format!("{}:{}@", written(user), written(password)));
        let hosts: Vec<String> = self
            .site
            .members
            .iter()
            .map(|member| format!("127.0.0.1:{}", member.port))
            .collect();
        let authority = self.authority();
        let authority = authority.map(|file| format!("&tlsCaFile={}", file.display()));
        format!(
            "esdb://{}{}?tls={}&nodePreference=leader&discoveryInterval=50{}",
            credentials.unwrap_or_default(),
            hosts.join(","),
            self.tls.is_some(),
            authority.unwrap_or_default()
        )
    }

    /// The file with the certificate of the authority, where the cluster speaks TLS.
    pub fn authority(&self) -> Option<PathBuf> {
        self.tls.as_ref().map(Tls::authority)
    }

    /// The node that leads, or led last.
    pub fn leader(&self) -> usize {
        self.site.leader()
    }

    /// The port of a node.
    ///
    /// # Panics
    /// Where there is no such node.
    pub fn port(&self, node: usize) -> u16 {
        self.member(node).port
    }

    /// Has a node listen, again or for the first time: on the same port, with the same log.
    ///
    /// # Errors
    /// Where the port cannot be listened on.
    ///
    /// # Panics
    /// Where there is no such node.
    #[expect(
        clippy::unused_async,
        reason = "the counterpart of `down`, which waits"
    )]
    pub async fn up(&self, node: usize) -> io::Result<()> {
        let taken = self.take(node);
        let State::Down(socket) = taken else {
            self.put(node, taken);
            return Ok(());
        };
        // Where the port cannot be listened on, the node stays down.
        self.put(node, State::Down(None));
        let socket = match socket {
            Some(socket) => socket,
            None => reserve(self.port(node))?,
        };
        let serving = Node {
            site: Arc::clone(&self.site),
            number: node,
        };
        let listener = Listener::start(serving, socket, self.tls.as_ref())?;
        self.put(node, State::Up(listener));
        self.member(node).live(true);
        Ok(())
    }

    /// Takes a node down: it refuses connections and those it had are cut, so calls under way get
    /// no reply. Who leads does not change by it.
    ///
    /// # Panics
    /// Where there is no such node.
    pub async fn down(&self, node: usize) {
        let taken = self.take(node);
        let State::Up(listener) = taken else {
            self.put(node, taken);
            return;
        };
        self.member(node).live(false);
        listener.stop().await;
        let socket = reserve(self.port(node)).ok();
        self.put(node, State::Down(socket));
    }

    /// Has another node lead; the old leader lives on as a follower, with its subscriptions.
    ///
    /// # Panics
    /// Where there is no such node.
    pub fn elect(&self, node: usize) {
        assert!(node < self.nodes.len(), "there is no node {node}");
        self.site.elect(node);
    }

    /// Takes the leader down, and has the next living node lead, which it names. Where none
    /// lives, nobody leads and the old leader is named.
    pub async fn kill_leader(&self) -> usize {
        let leader = self.leader();
        self.down(leader).await;
        let count = self.nodes.len();
        let next = (1..count)
            .map(|step| (leader + step) % count)
            .find(|node| self.member(*node).is_alive());
        if let Some(next) = next {
            self.elect(next);
        }
        self.leader()
    }

    /// What can be made to go wrong.
    pub fn faults(&self) -> &Faults {
        &self.site.faults
    }

    /// Everything in the log, the server's own events too.
    pub fn events(&self) -> Vec<LoggedEvent> {
        let log = self.site.log();
        log.events()
            .iter()
            .map(|it| LoggedEvent::clone(it))
            .collect()
    }

    /// Appends an event as another program would, that shares the cluster. Its data is JSON where
    /// it begins like it.
    pub fn append_foreign(&self, stream: &str, event_type: &str, data: &str) {
        let event = Proposed {
            id: Uuid::new_v4(),
            event_type: event_type.to_owned(),
            is_json: data.starts_with(['{', '[', '"']),
            data: Bytes::copy_from_slice(data.as_bytes()),
            metadata: Bytes::new(),
        };
        self.site.append(stream, Expected::Any, vec![event]);
    }

    /// How often the nodes were called.
    pub fn calls(&self) -> &Calls {
        &self.site.calls
    }

    fn member(&self, node: usize) -> &Member {
        let member = self.site.members.get(node);
        member.unwrap_or_else(|| panic!("there is no node {node}"))
    }

    fn take(&self, node: usize) -> State {
        std::mem::replace(&mut *self.state(node), State::Moving)
    }

    fn put(&self, node: usize, state: State) {
        *self.state(node) = state;
    }

    fn state(&self, node: usize) -> MutexGuard<'_, State> {
        let state = self.nodes.get(node);
        let state = state.unwrap_or_else(|| panic!("there is no node {node}"));
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The port of a node, where ports are given; 0 is any.
fn port(first: Option<u16>, number: usize) -> io::Result<u16> {
    let Some(first) = first else { return Ok(0) };
    let number = u16::try_from(number).ok();
    let port = number.and_then(|number| first.checked_add(number));
    port.ok_or_else(|| io::Error::other("there are not so many ports"))
}
