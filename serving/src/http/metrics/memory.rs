//! What the system says of this process, under the names that Prometheus's own clients use.

/// The resident memory as a metric; `None` where there is no `/proc`.
pub(super) fn process() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let bytes = kilobytes(&status, "VmRSS:")? * 1024;
    Some(format!(
        "# HELP process_resident_memory_bytes Resident memory size in bytes.\n\
         # TYPE process_resident_memory_bytes gauge\n\
         process_resident_memory_bytes {bytes}\n"
    ))
}

fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::kilobytes;

    #[test]
    fn the_line_is_found() {
        assert_eq!(kilobytes("VmPeak:\t 9 kB\nVmRSS:\t  123456 kB\n", "VmRSS:"), Some(123_456));
        assert_eq!(kilobytes("Name:\tx\n", "VmRSS:"), None);
    }
}
