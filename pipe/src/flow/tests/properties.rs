//! Random worlds: whatever the target does, no message that it would take dies of it.
