#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

pub mod admin;
pub mod arn;
pub mod aws;
pub mod call;
pub mod cli;
pub mod cloudformation;
pub mod console;
pub mod control_plane;
pub mod counted;
pub mod definition;
pub mod descriptors;
pub mod document;
pub mod env;
pub mod excerpt;
pub mod health;
pub mod hops;
pub mod java_regex;
pub mod jsonpath;
pub mod listen;
pub mod lock;
pub mod network;
pub mod program;
pub mod registry;
pub mod send;
pub mod serve;
pub mod service;
pub mod sigv4;
pub mod suggest;
pub mod telemetry;
mod terraform;
pub mod time;
pub mod watch;
