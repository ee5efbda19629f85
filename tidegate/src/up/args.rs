//! What `tidegate up` takes: the settings of its parts, except for their addresses.

use kit::admin::AdminArgs;
use kit::definition::DefinitionArgs;
use kit::hops::HopArgs;

/// The command line of `tidegate up`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Shift every port by this number. All ports listen at the address in HOST (127.0.0.1)
    #[arg(long, value_name = "N", env = "PORT_OFFSET", default_value_t = 0,
          value_parser = kit::cli::number(0..=u16::MAX, "an offset of ports"))]
    pub port_offset: u16,
    /// A part to leave out, because it runs elsewhere or is not needed. Repeatable; in the
    /// environment, separate values with commas
    #[arg(
        long,
        value_name = "PART",
        env = "TIDEGATE_WITHOUT",
        value_delimiter = ','
    )]
    pub without: Vec<Part>,
    /// Settings of the emulator
    #[command(flatten)]
    pub emulator: emulator::EmulatorArgs,
    /// Settings of the gateway
    #[command(flatten)]
    pub gateway: gateway::GatewayArgs,
    /// Settings of the pipe. Pipes may deliver to the subscriber of this chain, and to targets on
    /// this machine that the definition names
    #[command(flatten)]
    pub pipe: pipe::PipeArgs,
    /// Host names that the admin ports answer to
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Log lines about single messages
    #[command(flatten)]
    pub hops: HopArgs,
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
}

/// A part of the chain that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// REST APIs
    Gateway,
    /// Pipes
    Pipe,
    /// The publisher
    Pub,
    /// The subscriber
    Sub,
}

impl Args {
    /// Whether a part runs, provided that the definition has work for it.
    pub(super) fn runs(&self, part: Part) -> bool {
        !self.without.contains(&part)
    }
}
