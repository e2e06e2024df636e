//! Counts the bytes that are allocated. The standard allocator can only be wrapped by unsafe code, so
//! the process is asked instead: what it holds resident, after the allocator gave back what it could.

pub fn live() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse::<usize>().ok())
        .map_or(0, |kib| kib * 1024)
}
