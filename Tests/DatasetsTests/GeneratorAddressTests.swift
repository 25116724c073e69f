import Datasets
import Primitives
import Testing

@Suite("Addresses of generators")
struct GeneratorAddressTests {
  @Test("say the rows and all values")
  func values() throws {
    let address = try GeneratorAddress(
      "generate:linear?rows=1000000&coefficients=-3,2&noise=0.1&seed=1&range=-1,1&intercept=-2")
    #expect(address.rows == 1_000_000)
    let problem = try #require(address.generator as? LinearProblem)
    #expect(
      problem
        == LinearProblem(coefficients: [-3, 2], intercept: -2, range: -1..<1, noise: 0.1, seed: 1))
    let blobs = try #require(
      try GeneratorAddress("generate:blobs?center-range=-1e-3,2&classes=4").generator as? Blobs)
    #expect(blobs == Blobs(classes: 4, centerRange: -1e-3..<2))
    let teacher = try #require(
      try GeneratorAddress("generate:teacher?hidden=&targets=2").generator as? Teacher)
    #expect(teacher == Teacher(hidden: [], targets: 2))
  }

  @Test("have the defaults of the types", arguments: ["", "?"])
  func defaults(query: String) throws {
    func generator(_ name: String) throws -> any RowGenerator {
      let address = try GeneratorAddress("generate:\(name)\(query)")
      #expect(address.rows == 100_000)
      return address.generator
    }
    #expect(try generator("linear") as? LinearProblem == LinearProblem())
    #expect(try generator("friedman1") as? Friedman1 == Friedman1())
    #expect(try generator("sine") as? SineWave == SineWave())
    #expect(try generator("polynomial") as? Polynomial == Polynomial())
    #expect(try generator("teacher") as? Teacher == Teacher())
    #expect(try generator("blobs") as? Blobs == Blobs())
    #expect(try generator("moons") as? Moons == Moons())
    #expect(try generator("spirals") as? Spirals == Spirals())
  }

  @Test("of a generator lead back to it", arguments: someGenerators.indices)
  func roundTrip(index: Int) throws {
    let generator = someGenerators[index]
    let address = try GeneratorAddress(generator.address(rows: 17))
    #expect(address.rows == 17)
    #expect(address.generator.name == generator.name && address.generator.seed == generator.seed)
    #expect(address.generator.records == generator.records)
    #expect(Rows<Double>(address.generator, 17).x == Rows<Double>(generator, 17).x)
    #expect(Rows<Double>(address.generator, 17).values == Rows<Double>(generator, 17).values)
  }

  @Test("of every generator know exactly the parameters it describes")
  func parameters() throws {
    #expect(Set(Generators.all.map { $0.name }).count == Generators.all.count)
    for type in Generators.all {
      let all = type.parameters.map { "\($0.name)=\($0.defaultText)" }.joined(separator: "&")
      let generator = try GeneratorAddress("generate:\(type.name)?\(all)").generator
      #expect(generator.arguments.map(\.name) == type.parameters.map(\.name))
      let plain = try GeneratorAddress("generate:\(type.name)").generator
      #expect(generator.records == plain.records)
      try generator.check(as: Float.self)
    }
  }

  @Test(
    "that say what is not there list what is",
    arguments: [
      ("generate:liner", "\"liner\"", "linear, friedman1"), ("generate:", "\"\"", "spirals"),
      ("linear.h5", "linear.h5", "linear"),
      ("generate:linear?slope=3", "\"slope\"", "rows, seed, coefficients"),
      ("generate:moons?classes=3", "\"classes\"", "noise"),
      ("generate:linear?output=a.h5", "\"output\"", "noise"),
    ])
  func unknown(address: String, found: String, expected: String) {
    let error = #expect(throws: LockstepError.self) { try GeneratorAddress(address) }
    #expect(error?.kind == .usage && error?.subject == address)
    #expect(error?.found?.contains(found) == true && error?.expected?.contains(expected) == true)
  }

  @Test(
    "with senseless values are refused, saying what would do",
    arguments: [
      "rows=0", "rows=-1", "rows=1e6", "rows=", "seed=-1", "seed=18446744073709551616", "noise=-1",
      "noise=nan", "noise=inf", "noise= 1", "coefficients=", "coefficients=1,,2", "coefficients=1,nan",
      "range=1,0", "range=1", "range=0,0", "range=-1e308,1e308", "intercept=x",
    ])
  func senseless(pair: String) {
    let error = #expect(throws: LockstepError.self) { try GeneratorAddress("generate:linear?\(pair)") }
    #expect(error?.kind == .usage && error?.expected?.isEmpty == false)
    #expect(error?.problem.contains(pair.prefix { $0 != "=" }) == true)
  }

  @Test(
    "that are no lists of keys and values are refused", arguments: ["rows", "rows=1&", "&", "rows=1&rows=2"])
  func malformed(query: String) {
    let error = #expect(throws: LockstepError.self) { try GeneratorAddress("generate:linear?\(query)") }
    #expect(error?.kind == .usage && error?.remedy != nil)
  }

  @Test("are told from names of files")
  func addresses() {
    #expect(GeneratorAddress.isAddress("generate:linear"))
    #expect(!GeneratorAddress.isAddress("generate.h5") && !GeneratorAddress.isAddress("./generate:x"))
  }

  @Test("commands name everything that shows in a file")
  func commands() {
    #expect(
      LinearProblem(seed: 4).command(
        rows: 12, precision: .float64, format: DatasetFormat(chunkRows: 5, compression: 3))
        == "lockstep generate linear --rows 12 --coefficients 3.0,2.0 --intercept 0.0 --range 0.0,1.0 --noise 0.0 --seed 4 --precision float64 --chunk-rows 5 --compression gzip:3"
    )
    #expect(Teacher(hidden: []).command(rows: 1, precision: .float32).contains("--hidden \"\" --targets 1"))
    let wide = LinearProblem(coefficients: [Double](repeating: 1, count: 1001))
    #expect(wide.command(rows: 1, precision: .float32).contains("--coefficients (those of /coefficients) "))
  }
}
