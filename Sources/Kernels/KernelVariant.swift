import CKernels
import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One compilation of the inner loops in C, for a set of instructions that this CPU has.
///
/// All variants give the same bits: lanes, order of additions and fused multiply-adds are written out in the source.
public struct KernelVariant: BitwiseCopyable, @unchecked Sendable {
  // Sendable: the table is a constant of the program, never written and never freed.
  @usableFromInline let functions: UnsafePointer<ck_functions>

  /// "avx512", "avx2", "neon" or "baseline".
  public var name: String { String(cString: functions.pointee.name) }

  /// The variants that this CPU can run, best first.
  public static var all: [KernelVariant] {
    var variants: [KernelVariant] = []
    while let functions = ck_variant(Int32(variants.count)) {
      variants.append(KernelVariant(functions: functions))
    }
    return variants
  }

  /// The variant of this name, if this CPU can run it.
  public static func named(_ name: String) -> KernelVariant? { all.first { $0.name == name } }

  /// The best variant that this CPU can run with fused multiply-adds of its own; nil if it has none.
  public static var best: KernelVariant? { all.first.flatMap { $0.name == "baseline" ? nil : $0 } }

  /// The variant that is used: the best, or that which the environment variable `LOCKSTEP_KERNELS` names; nil for the plain
  /// loops in Swift, if that says "reference" or if this CPU has no fused multiply-adds, which would be calls then.
  public static let current: KernelVariant? = {
    guard let value = getenv("LOCKSTEP_KERNELS") else { return best }
    let name = String(cString: value)
    return name == "reference" ? nil : named(name) ?? best
  }()

  /// Checks that `LOCKSTEP_KERNELS`, if it is set, names loops that this CPU can run; ``current`` is the best of them otherwise.
  ///
  /// - Throws: `.configuration`.
  public static func checkChoice() throws(LockstepError) {
    guard let value = getenv("LOCKSTEP_KERNELS") else { return }
    let (name, names) = (String(cString: value), all.map(\.name) + ["reference"])
    if names.contains(name) { return }
    throw LockstepError(
      .configuration, "LOCKSTEP_KERNELS", "this CPU runs no such loops", found: "\"\(name)\"",
      expected: names.joined(separator: ", "), remedy: "Unset the environment variable for the best of them.")
  }
}
