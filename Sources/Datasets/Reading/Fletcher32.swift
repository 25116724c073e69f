/// The checksum of HDF5's filter of that name (J. Fletcher, "An arithmetic checksum for serial transmissions", 1982; HDF5
/// takes words of 16 bits, the first byte being the high one).
enum Fletcher32 {
  /// Whether the last four bytes are the checksum of those before.
  static func isIntact(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 4 else { return false }
    let data = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: data.count, as: UInt32.self))
    let sum = checksum(data)
    // Files written by HDF5 before 1.6.3 on machines like this one have the bytes of each half the other way round.
    return stored == sum || stored == swapped(sum)
  }

  private static func swapped(_ sum: UInt32) -> UInt32 {
    (sum & 0x00FF_00FF) &<< 8 | (sum & 0xFF00_FF00) &>> 8
  }

  /// The checksum of `bytes`. An odd byte at the end counts as a word's high one.
  ///
  /// Words are added up as this machine has them: the bytes of their sums modulo 65535 are those of the right ones, the other way
  /// round, since that is a multiplication by 256 (RFC 1071, section 2).
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (first, second): (UInt64, UInt64) = (0, 0)
    let blocks = bytes.count / 32
    var done = 0
    while done < blocks {
      let part = done..<min(done + mostBlocks, blocks)
      let (sum, sums) = sums(of: part, in: bytes)
      second = reduced(second + UInt64(16 * part.count) * first + sums)
      first = reduced(first + sum)
      done = part.upperBound
    }
    for word in 16 * blocks..<bytes.count / 2 {
      first += UInt64(bytes[2 * word]) | UInt64(bytes[2 * word + 1]) << 8
      second += first
    }
    if bytes.count % 2 == 1 {
      first += UInt64(bytes[bytes.count - 1])
      second += first
    }
    return swapped(UInt32(reduced(second)) << 16 | UInt32(reduced(first)))
  }

  /// Of words below 2^16, so many blocks' sums of sums stay below 2^32.
  private static var mostBlocks: Int { 256 }

  /// The sum of the words in some blocks of 16, and the sum of the sums after each word.
  private static func sums(of blocks: Range<Int>, in bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
    // Words of even and of odd numbers.
    var (even, odd) = (SIMD8<UInt32>.zero, SIMD8<UInt32>.zero)
    var (evenSums, oddSums) = (SIMD8<UInt32>.zero, SIMD8<UInt32>.zero)
    for block in blocks {
      let pairs = bytes.loadUnaligned(fromByteOffset: 32 &* block, as: SIMD8<UInt32>.self)
      even &+= pairs & 0xFFFF
      odd &+= pairs &>> 16
      evenSums &+= even
      oddSums &+= odd
    }
    // A word counts once for itself and once for each that follows: 16 for each block from its own on, less its lane.
    var (sum, sums): (UInt64, UInt64) = (0, 0)
    for pair in 0..<8 {
      sum += UInt64(even[pair]) + UInt64(odd[pair])
      sums += 16 * (UInt64(evenSums[pair]) + UInt64(oddSums[pair]))
      sums -= UInt64(2 * pair) * UInt64(even[pair]) + UInt64(2 * pair + 1) * UInt64(odd[pair])
    }
    return (sum, sums)
  }

  /// A sum modulo 65535, with 65535 for 0 unless there was nothing but zeros.
  private static func reduced(_ sum: UInt64) -> UInt64 { sum == 0 ? 0 : (sum - 1) % 65535 + 1 }
}
