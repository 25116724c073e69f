import CPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What this process may use of the machine, which can be less than the machine has.
public struct CPUBudget: Sendable, Equatable {
  /// The CPUs that may run this process at a time; at least 1.
  public let cpus: Int

  /// The budget now: the affinity mask, and on Linux the quotas of the control groups.
  public static var current: CPUBudget {
    var cpus = Int(platform_allowed_cpus())
    if let quota = controlGroupQuota() { cpus = min(cpus, max(1, Int(quota.rounded(.down)))) }
    return CPUBudget(cpus: max(1, cpus))
  }

  /// What the machine calls its CPU, or its set of instructions where it calls it nothing.
  public static let cpuName: String = {
    #if os(Linux)
      let name = SystemFile.text("/proc/cpuinfo").split(separator: "\n")
        .first { $0.hasPrefix("model name") }?.split(separator: ":", maxSplits: 1).last
        .map { $0.split(separator: " ").joined(separator: " ") }
    #else
      var bytes = [CChar](repeating: 0, count: 256)
      var count = bytes.count - 1
      let found = sysctlbyname("machdep.cpu.brand_string", &bytes, &count, nil, 0) == 0
      let name = found ? String(cString: bytes) : nil
    #endif
    return name ?? String(cString: platform_cpu_level())
  }()

  /// CPUs' worth of time a period, from version 2 (`cpu.max`) or 1 (`cpu.cfs_quota_us`) of the control groups.
  private static func controlGroupQuota() -> Double? {
    let version2 = ControlGroup.limits("cpu.max", controller: nil).compactMap(parse)
    let quotas = ControlGroup.limits("cpu.cfs_quota_us", controller: "cpu")
    let periods = ControlGroup.limits("cpu.cfs_period_us", controller: "cpu")
    return (version2 + zip(quotas, periods).compactMap { parse("\($0) \($1)") }).min()
  }

  /// "QUOTA PERIOD" as a number of CPUs; nil for "max", -1 or anything else.
  static func parse(_ text: String) -> Double? {
    let words = text.split { $0 == " " || $0 == "\n" }
    guard words.count >= 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0,
      period > 0
    else { return nil }
    return quota / period
  }
}

/// The memory that this process may use.
public enum MemoryBudget {
  /// Bytes: the physical memory, or the limit of the process or of a control group if that is less.
  public static var bytes: Int {
    var bytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    #if os(Linux)
      var limit = rlimit()
      if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) {
        bytes = min(bytes, Int(limit.rlim_cur))
      }
      let groups =
        ControlGroup.limits("memory.max", controller: nil)
        + ControlGroup.limits("memory.limit_in_bytes", controller: "memory")
      for group in groups {
        if let limit = Int(group.prefix { $0 != "\n" }) { bytes = min(bytes, limit) }
      }
    #endif
    return bytes
  }

  /// The bytes of these that are free, or that the system would free for others to use.
  public static var available: Int {
    let line = SystemFile.text("/proc/meminfo").split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let kibibytes = line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }
    return min(bytes, kibibytes.map { $0 * 1024 } ?? bytes)
  }
}

/// The control groups of Linux that this process is in.
private enum ControlGroup {
  /// The contents of the file `name` in this process's group and all above it, since a limit anywhere up the hierarchy
  /// binds; `controller` is that of version 1, or nil for version 2.
  static func limits(_ name: String, controller: Substring?) -> [String] {
    #if os(Linux)
      for line in SystemFile.text("/proc/self/cgroup").split(separator: "\n") {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { continue }
        let controllers = fields[1].split(separator: ",")
        guard controller.map(controllers.contains) ?? fields[1].isEmpty else { continue }
        let mount = controller.map { "/sys/fs/cgroup/\($0)" } ?? "/sys/fs/cgroup"
        var path = String(fields[2])
        var found: [String] = []
        while true {
          found.append(SystemFile.text("\(mount)\(path)/\(name)"))
          guard path.count > 1, let slash = path.lastIndex(of: "/") else { return found }
          path = String(path[..<slash])
        }
      }
    #endif
    return []
  }
}

/// Files in which the kernel tells about the machine.
private enum SystemFile {
  /// The beginning of the file at `path`, or nothing.
  static func text(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
