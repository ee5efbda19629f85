//! Where a publisher is asked whether it is ready.

use kit::health::Address;
use kit::listen::Listen;
use kit::program::Settings;

use crate::Cli;

impl Settings for Cli {
    fn health(&self) -> Address {
        Address::new(Listen::at(self.host.clone(), self.port), "/ping")
    }
}
