//! How many connections there may be, in all and from one address.
//!
//! Without a bound, connections use up all descriptors, and then the program cannot open the files
//! or make the calls that the requests on them need.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use crate::descriptors;
use crate::lock::Mutex;
use crate::network::{Network, contain};

/// The connections of one or several ports.
#[derive(Debug, Clone)]
pub struct Seats(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    most_by_address: usize,
    /// Addresses for which only the first bound holds.
    exempt: Vec<Network>,
    taken: Mutex<Taken>,
    /// Notified when a seat comes free.
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    count: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why there is no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSeat {
    /// All are taken.
    Full(usize),
    /// The address has as many as one may have.
    Address(usize),
}

/// A connection's right to exist.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    address: IpAddr,
}

impl Seats {
    /// At most so many connections. `most_by_address` holds for addresses outside of `exempt`,
    /// which is where proxies are.
    pub fn new(most: usize, most_by_address: usize, exempt: Vec<Network>) -> Seats {
        Seats(Arc::new(Shared {
            most,
            most_by_address,
            exempt,
            taken: Mutex::default(),
            freed: Notify::new(),
        }))
    }

    /// The seats that all ports of this process share which have none of their own: as many as the
    /// limit of descriptors allows.
    pub fn of_process() -> Seats {
        static SEATS: OnceLock<Seats> = OnceLock::new();
        let most = most_connections();
        SEATS
            .get_or_init(|| Seats::new(most, most, Vec::new()))
            .clone()
    }

    /// Those of an admin port, which is there when a public port is full.
    pub fn of_admin() -> Seats {
        const ADMIN: usize = 64;
        Seats::new(ADMIN.min(most_connections()), ADMIN, Vec::new())
    }

    /// How many connections there are.
    pub fn taken(&self) -> usize {
        self.0.taken.lock().count
    }

    /// How many seats there are, if all are taken.
    pub(super) fn full(&self) -> Option<usize> {
        (self.taken() >= self.0.most).then_some(self.0.most)
    }

    /// Waits until there is a seat.
    pub(super) async fn free(&self) {
        loop {
            let freed = self.0.freed.notified();
            if self.full().is_none() {
                return;
            }
            freed.await;
        }
    }

    /// A seat for a connection from `address`.
    pub(super) fn take(&self, address: IpAddr) -> Result<Seat, NoSeat> {
        let address = address.to_canonical();
        let mut taken = self.0.taken.lock();
        if taken.count >= self.0.most {
            return Err(NoSeat::Full(self.0.most));
        }
        let is_exempt = contain(&self.0.exempt, address);
        let own = taken.by_address.entry(address).or_default();
        if *own >= self.0.most_by_address && !is_exempt {
            return Err(NoSeat::Address(self.0.most_by_address));
        }
        *own += 1;
        taken.count += 1;
        Ok(Seat {
            seats: self.clone(),
            address,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.taken.lock();
        taken.count -= 1;
        if let Some(own) = taken.by_address.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                taken.by_address.remove(&self.address);
            }
        }
        self.seats.0.freed.notify_waiters();
    }
}

fn most_connections() -> usize {
    connections_of(descriptors::limit())
}

/// How many connections there may be when so many descriptors may be open: as many again are left
/// for the calls and files that their requests need, and some for the program itself.
pub fn connections_of(descriptors: usize) -> usize {
    const OWN: usize = 128;
    ((descriptors - OWN.min(descriptors / 4)) / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_descriptors_are_for_connections() {
        for (descriptors, expected) in [
            (0, 1),
            (32, 12),
            (256, 96),
            (1024, 448),
            (1_048_576, 524_224),
        ] {
            assert_eq!(connections_of(descriptors), expected, "{descriptors}");
        }
    }

    #[test]
    fn seats_are_bounded_in_all_and_by_address() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let seats = Seats::new(3, 1, vec!["10.0.0.0/8".parse().unwrap()]);
        let first = seats.take(ip("192.0.2.1")).unwrap();
        assert_eq!(seats.take(ip("192.0.2.1")).err(), Some(NoSeat::Address(1)));
        assert_eq!(
            seats.take(ip("::ffff:192.0.2.1")).err(),
            Some(NoSeat::Address(1))
        );
        let _proxies = [seats.take(ip("10.0.0.1")), seats.take(ip("10.0.0.1"))];
        assert_eq!(seats.take(ip("192.0.2.2")).err(), Some(NoSeat::Full(3)));
        drop(first);
        assert_eq!(seats.taken(), 2);
        assert!(seats.take(ip("192.0.2.1")).is_ok());
    }
}
