import CPlatform
import HDF5
import Kernels
import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The version of the product.
public let lockstepVersion = "0.1.0"

/// Where and with what a run was made. Recorded for people; nothing depends on it.
enum RunEnvironment {
  static var attributes: [(name: String, value: String)] {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return [
      ("lockstep_version", lockstepVersion), ("hdf5_version", Library.version),
      ("xxhash_version", Digest.libraryVersion),
      ("kernels", KernelVariant.current?.name ?? "reference"),
      ("cpu_feature_level", String(cString: platform_cpu_level())), ("host", host),
    ]
  }
}
