//! Door: finds out how much memory this process may use.

use std::fmt;
use std::path::PathBuf;

use rustix::process::{Resource, getrlimit};

use super::bytes::Bytes;

/// A limit of memory, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryLimit {
    /// Bytes.
    pub bytes: u64,
    /// Where the limit comes from.
    pub source: LimitSource,
}

/// Where a limit comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitSource {
    /// The emulator's own setting.
    Setting,
    /// The cgroup that it runs in, or one above: of a container, of a systemd unit.
    Cgroup,
    /// `ulimit -v`.
    AddressSpace,
    /// The machine.
    Machine,
}

impl MemoryLimit {
    /// The setting if there is one, else the smallest limit that the system sets; with what this
    /// process holds already. `None` where the system reports neither.
    pub fn find(setting: Option<Bytes>) -> Option<(MemoryLimit, u64)> {
        let held = held().unwrap_or_default();
        let limit = match setting {
            Some(Bytes(bytes)) => MemoryLimit {
                bytes,
                source: LimitSource::Setting,
            },
            None => [cgroup(), address_space(held), machine()]
                .into_iter()
                .flatten()
                .min_by_key(|limit| limit.bytes)?,
        };
        Some((limit, held.resident))
    }

    /// What to do for a larger one.
    pub fn remedy(&self) -> &'static str {
        match self.source {
            LimitSource::Setting => "set it to a larger number",
            LimitSource::Cgroup => "give the container more memory",
            LimitSource::AddressSpace => "raise ulimit -v",
            LimitSource::Machine => "use a machine with more memory",
        }
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            LimitSource::Setting => "--max-memory or EMULATOR_MAX_MEMORY",
            LimitSource::Cgroup => "of its container or cgroup",
            LimitSource::AddressSpace => "ulimit -v",
            LimitSource::Machine => "three quarters of the machine's",
        };
        write!(f, "{} ({source})", Bytes(self.bytes))
    }
}

/// What this process holds, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    address_space: u64,
    resident: u64,
}

fn held() -> Option<Held> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(Held {
        address_space: kibibytes(&status, "VmSize:")?,
        resident: kibibytes(&status, "VmRSS:")?,
    })
}

/// A field of a file of `/proc`, which gives them in KiB.
fn kibibytes(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// Address space is taken long before it is used, by the stacks of threads for one: what is left of
/// it counts.
fn address_space(held: Held) -> Option<MemoryLimit> {
    let bytes = getrlimit(Resource::As).current?;
    let left = bytes.saturating_sub(held.address_space);
    Some(MemoryLimit {
        bytes: held.resident + left,
        source: LimitSource::AddressSpace,
    })
}

/// Other programs need some of it.
fn machine() -> Option<MemoryLimit> {
    let total = kibibytes(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")?;
    Some(MemoryLimit {
        bytes: total / 4 * 3,
        source: LimitSource::Machine,
    })
}

fn cgroup() -> Option<MemoryLimit> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let values = limit_files(&groups)
        .into_iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    let bytes = values.filter_map(|value| limit_of(&value)).min()?;
    Some(MemoryLimit {
        bytes,
        source: LimitSource::Cgroup,
    })
}

/// The files that may limit the groups in `/proc/self/cgroup`: each group's own, and those of all
/// groups above it. In a container the group's path may be that of the host, which does not exist
/// there; the last file does.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers
                .split(',')
                .any(|controller| controller == "memory") =>
            {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let mut folder = PathBuf::from(root).join(path.trim_start_matches('/'));
        while folder.starts_with(root) {
            files.push(folder.join(name));
            folder.pop();
        }
    }
    files
}

/// What such a file says; without a limit that is `max`, or a number beyond any machine.
fn limit_of(text: &str) -> Option<u64> {
    const ENDLESS: u64 = 1 << 60;
    text.trim().parse().ok().filter(|bytes| *bytes < ENDLESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_both_kinds_of_cgroups_are_looked_for_up_to_the_root() {
        let files = |groups| {
            let files = limit_files(groups);
            files
                .iter()
                .map(|file| file.display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            files("0::/system.slice/emulator.service\n"),
            [
                "/sys/fs/cgroup/system.slice/emulator.service/memory.max",
                "/sys/fs/cgroup/system.slice/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert_eq!(
            files("9:name=systemd:/\n7:cpu,memory:/docker/1\n1:cpuset:/"),
            [
                "/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            ]
        );
        assert_eq!(limit_of("100663296\n"), Some(100_663_296));
        assert_eq!(
            (limit_of("max\n"), limit_of("9223372036854771712\n")),
            (None, None)
        );
    }

    #[test]
    fn fields_of_proc_are_in_kibibytes() {
        let status = "Name:\temulator\nVmSize:\t  151024 kB\nVmRSS:\t    8192 kB\n";
        assert_eq!(
            (kibibytes(status, "VmRSS:"), kibibytes(status, "VmSwap:")),
            (Some(8192 * 1024), None)
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_limit_is_found_and_the_setting_replaces_it() {
        let (limit, held) = MemoryLimit::find(None).unwrap();
        assert!(held > 0 && limit.bytes > held);
        let (limit, _) = MemoryLimit::find(Some(Bytes(7))).unwrap();
        assert_eq!(
            limit,
            MemoryLimit {
                bytes: 7,
                source: LimitSource::Setting
            }
        );
    }
}
