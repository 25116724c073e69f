import Foundation
import Testing

@testable import Primitives

@Suite struct RandomAccessFileTests {
  private func withFile(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString)"
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test func partsAreWrittenWhereTheyBelong() throws {
    try withFile { path in
      let file = try RandomAccessFile(path)
      try [UInt8]([9, 8]).withUnsafeBytes { try file.write($0, at: 7) }
      try [UInt8]([7]).withUnsafeBytes { try file.write($0, at: 1) }
      try [UInt8]().withUnsafeBytes { try file.write($0, at: 99) }
      try file.sync()
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(bytes == [1, 7, 3, 0, 0, 0, 0, 9, 8])
    }
  }

  @Test func whatCannotBeWrittenIsAnError() throws {
    let missing = #expect(throws: LockstepError.self) { _ = try RandomAccessFile("/nowhere/file") }
    #expect(missing?.subject == "/nowhere/file")
    guard let full = try? RandomAccessFile("/dev/full") else { return }
    let error = #expect(throws: LockstepError.self) {
      try [UInt8]([1]).withUnsafeBytes { try full.write($0, at: 0) }
    }
    #expect(error?.kind == .inputOutput && error?.remedy?.contains("space") == true)
  }

  @Test func moreThanTheDiskHasIsRefused() throws {
    try withFile { path in
      let staged = try StagedFile(replacing: path)
      let refused = #expect(throws: LockstepError.self) { try staged.requireSpace(1 << 50, for: "this") }
      #expect(refused?.kind == .inputOutput && refused?.subject.hasSuffix(path.suffix(36)) == true)
      try staged.requireSpace(1, for: "this")
    }
  }
}
