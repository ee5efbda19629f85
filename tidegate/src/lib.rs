#![doc = include_str!("../README.md")]

mod cases;

pub mod match_;
pub mod provision;
pub mod render;
pub mod transform;
pub mod up;
