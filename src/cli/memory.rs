//! How much memory this machine, or the group of processes that this one is in, has free. Not here: what a fit needs
//! (`plan::memory`).

use std::{fs, path::Path};

/// Bytes that are free; none where the system does not say.
pub(super) fn free() -> Option<u64> {
    [machine(), group()].into_iter().flatten().min()
}

fn machine() -> Option<u64> {
    available(&fs::read_to_string("/proc/meminfo").ok()?)
}

/// `MemAvailable:   12345 kB`.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Of the groups that this process is in, the least that is left. A cache of files gives way.
fn group() -> Option<u64> {
    let number = |path: &Path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let left = |folder: &Path, most: &str, taken: &str, cache: &str| {
        let most = number(&folder.join(most))?;
        let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let cached =
            stat.lines().find_map(|l| l.strip_prefix(cache)?.trim().parse::<u64>().ok()).unwrap_or(0);
        Some(most.saturating_sub(number(&folder.join(taken))?.saturating_sub(cached)))
    };
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mut found: Vec<u64> = vec![];
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(kinds), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, [most, taken, cache]) = match kinds {
            "" => ("/sys/fs/cgroup", ["memory.max", "memory.current", "inactive_file "]),
            kinds if kinds.split(',').any(|k| k == "memory") => (
                "/sys/fs/cgroup/memory",
                ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "],
            ),
            _ => continue,
        };
        let mut folder = Some(Path::new(path.trim_start_matches('/')));
        while let Some(here) = folder {
            found.extend(left(&Path::new(root).join(here), most, taken, cache));
            folder = here.parent();
        }
    }
    found.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_available_is_read() {
        assert_eq!(available("MemTotal:  100 kB\nMemFree: 7 kB\nMemAvailable:    50 kB\n"), Some(51_200));
        assert_eq!(available("MemTotal:  100 kB\n"), None);
        if cfg!(target_os = "linux") {
            assert!(free().is_some_and(|bytes| bytes > 1 << 20));
        }
    }
}
