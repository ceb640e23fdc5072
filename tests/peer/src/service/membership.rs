//! `Gossip/Read` and `ServerFeatures/GetSupportedMethods`: who is there and what is spoken.
//!
//! Both are answered to anybody, as by a server with its default settings: a client asks them
//! before it knows whom to show its credentials to.

use tonic::{Request, Response, Status};

use super::{Node, recorded, refusal};
use crate::calls::Rpc;
use crate::protocol::features::server_features_server::ServerFeatures;
use crate::protocol::features::{SupportedMethod, SupportedMethods};
use crate::protocol::gossip::gossip_server::Gossip;
use crate::protocol::gossip::member_info::VNodeState;
use crate::protocol::gossip::{ClusterInfo, EndPoint, MemberInfo};

/// The methods, as the server lists them: in small letters, with what is special about them.
const METHODS: [(&str, &str, &[&str]); 7] = [
    ("streams.streams", "read", &["position", "events"]),
    ("streams.streams", "append", &[]),
    ("streams.streams", "delete", &[]),
    ("streams.streams", "tombstone", &[]),
    ("streams.streams", "batchappend", &["deadline_duration"]),
    ("gossip.gossip", "read", &[]),
    ("server_features.serverfeatures", "getsupportedmethods", &[]),
];

#[tonic::async_trait]
impl Gossip for Node {
    async fn read(&self, _: Request<()>) -> Result<Response<ClusterInfo>, Status> {
        self.site.calls.add(self.number, Rpc::Gossip);
        let leader = self.site.leader();
        let members = self.site.members.iter().enumerate();
        let members = members.map(|(number, member)| {
            let state = if number == leader {
                VNodeState::Leader
            } else {
                VNodeState::Follower
            };
            MemberInfo {
                instance_id: Some(recorded::structured(member.id)),
                time_stamp: crate::log::ticks().cast_signed(),
                state: state.into(),
                is_alive: member.is_alive(),
                http_end_point: Some(EndPoint {
                    address: refusal::HOST.to_owned(),
                    port: u32::from(member.port),
                }),
            }
        });
        let members = members.collect();
        self.reply(ClusterInfo { members }).await
    }
}

#[tonic::async_trait]
impl ServerFeatures for Node {
    async fn get_supported_methods(
        &self,
        _: Request<()>,
    ) -> Result<Response<SupportedMethods>, Status> {
        self.site.calls.add(self.number, Rpc::Features);
        let method = |(service, method, features): (&str, &str, &[&str])| SupportedMethod {
            method_name: method.to_owned(),
            service_name: format!("event_store.client.{service}"),
            features: features.iter().map(|it| (*it).to_owned()).collect(),
        };
        self.reply(SupportedMethods {
            methods: METHODS.map(method).to_vec(),
            event_store_server_version: self.site.version.clone(),
        })
        .await
    }
}
