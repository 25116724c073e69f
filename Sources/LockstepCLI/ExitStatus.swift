import Lockstep

/// The program's exit codes: those of BSD's sysexits.h.
enum ExitStatus {
  static let usage: Int32 = 64
  static let tryAgain: Int32 = 75

  /// The exit code of an error.
  static func code(_ kind: LockstepError.Kind) -> Int32 {
    switch kind {
    case .usage: usage
    case .badData: 65
    case .noInput: 66
    case .diverged, .internalError: 70
    case .memory: 71
    case .cannotCreate: 73
    case .inputOutput: 74
    case .tryAgain: tryAgain
    case .permission: 77
    case .configuration: 78
    }
  }
}
