import Foundation
import Testing

/// Checkpoints whose bytes changed.
@Suite struct DamageTests {
  /// A folder with a dataset, and the bytes of a checkpoint.
  private func prepare() throws -> (Folder, [UInt8]) {
    let folder = try Folder()
    try Lockstep.generate(rows: 50, in: folder)
    try Lockstep.json(Self.train, in: folder)
    return (folder, try folder.bytes("a.weights.h5"))
  }

  private static let train = [
    "train", "linear.h5", "--hidden", "3", "--epochs", "2", "--output", "a.weights.h5",
  ]

  /// Each command that reads checkpoints.
  private static let readers = [
    ["inspect", "a.weights.h5"], ["evaluate", "a.weights.h5", "linear.h5"],
    ["predict", "a.weights.h5", "linear.h5", "--output", "p.h5"], train + ["--resume"],
    ["train", "linear.h5", "--hidden", "3", "--initial", "a.weights.h5"],
  ]

  @Test func `every flipped bit is noticed`() throws {
    let (folder, bytes) = try prepare()
    // The seal, HDF5's superblock, and places all over the file.
    let places =
      Array(0..<16) + [21, 22, 40, 70, 90, 511] + Array(stride(from: 512, to: 620, by: 9))
      + Array(stride(from: 640, to: bytes.count, by: bytes.count / 60)) + [bytes.count - 1]
    for (number, place) in places.enumerated() {
      var damaged = bytes
      damaged[place] ^= 1 << (number % 8)
      try folder.write(damaged, to: "a.weights.h5")
      let outcome = try Lockstep.run(Self.readers[number % Self.readers.count], in: folder)
      #expect(outcome.exitCode == 65, "byte \(place), bit \(number % 8): \(outcome)")
      expectFailure(outcome, 65, mentions: ["a.weights.h5"])
      #expect(try folder.bytes("a.weights.h5") == damaged)
    }
    #expect(folder.names == ["a.weights.h5", "linear.h5"])
  }

  @Test func `a checkpoint that was cut or lengthened is noticed`() throws {
    let (folder, bytes) = try prepare()
    for length in [0, 1, 100, 511, 512, 513, 600, bytes.count / 2, bytes.count - 1] {
      try folder.write(bytes[..<length], to: "a.weights.h5")
      for reader in Self.readers {
        expectFailure(try Lockstep.run(reader, in: folder), 65, mentions: ["a.weights.h5"])
      }
    }
    try folder.write(bytes + [0], to: "a.weights.h5")
    expectFailure(try Lockstep.run(Self.readers[1], in: folder), 65, mentions: ["a.weights.h5", "damaged"])
    #expect(folder.names == ["a.weights.h5", "linear.h5"])
  }

  @Test func `a damaged dataset is no crash`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 300, ["--chunk-rows", "50", "--compression", "gzip"], in: folder)
    let bytes = try folder.bytes("linear.h5")
    for place in stride(from: 0, to: bytes.count, by: bytes.count / 50) {
      var damaged = bytes
      damaged[place] ^= 0x41
      try folder.write(damaged, to: "linear.h5")
      let outcome = try Lockstep.run(["train", "linear.h5", "--epochs", "1", "--quiet"], in: folder)
      // Not every byte matters: names, attributes and free space may change.
      if outcome.exitCode != 0 { expectFailure(outcome, 65, mentions: ["linear.h5"]) }
    }
  }
}
