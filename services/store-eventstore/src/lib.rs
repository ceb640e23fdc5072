//! The event log on an EventStoreDB or KurrentDB cluster, followed into a copy on this machine.
