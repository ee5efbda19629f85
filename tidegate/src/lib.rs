//! The roof: the whole chain in one process, and the tools. One verb per module.

mod cases;

pub mod match_;
pub mod provision;
pub mod render;
pub mod transform;
pub mod up;
