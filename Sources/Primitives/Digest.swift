import CXXHash

/// A 128-bit XXH3 digest. It finds damage and tells contents apart; it is no defence against malice.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
  /// The upper 64 bits.
  public let high: UInt64
  /// The lower 64 bits.
  public let low: UInt64

  /// 32 hexadecimal digits, upper half first: what `xxh128sum` and Python's `xxhash` print.
  public var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

  /// A digest from its 32 hexadecimal digits, or nil.
  public init?(_ text: String) {
    // `UInt64` by itself takes a sign.
    guard text.utf8.count == 32, text.allSatisfy(\.isHexDigit), let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The digest of some bytes.
  public init(of bytes: UnsafeRawBufferPointer) {
    let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
    self.init(high: hash.high64, low: hash.low64)
  }

  /// The digest of the bytes of `elements`, as they lie in memory.
  public init<Element: BitwiseCopyable>(of elements: UnsafeBufferPointer<Element>) {
    self.init(of: UnsafeRawBufferPointer(elements))
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Computes a ``Digest`` of bytes that arrive in pieces.
public struct Digester: ~Copyable {
  private let state: OpaquePointer

  /// A digester that has seen nothing yet.
  public init() {
    // libxxhash documents a null result for an exhausted heap only; there is no way on from there.
    guard let state = XXH3_createState() else { preconditionFailure("out of memory") }
    self.state = state
    _ = XXH3_128bits_reset(state)
  }

  deinit { _ = XXH3_freeState(state) }

  /// Takes in more bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    _ = XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
  }

  /// The digest of all bytes so far.
  public var digest: Digest {
    let hash = XXH3_128bits_digest(state)
    return Digest(high: hash.high64, low: hash.low64)
  }
}

extension Digest {
  /// The version of libxxhash.
  public static var libraryVersion: String {
    let number = XXH_versionNumber()
    return "\(number / 10000).\(number / 100 % 100).\(number % 100)"
  }
}
