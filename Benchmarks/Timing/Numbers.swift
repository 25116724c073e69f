import Lockstep

/// `count` numbers in [-1, 1), the same each time, in memory as aligned as a step's.
func numbers<Element: Scalar>(_ count: Int, as type: Element.Type = Element.self) -> AlignedBuffer<Element> {
  let random = CounterRandom(seed: 1, purpose: .testing)
  let buffer = AlignedBuffer<Element>(repeating: 0, count: count)
  for index in 0..<count { buffer.elements[index] = Element(2 * random.uniforms(UInt64(index)).0 - 1) }
  return buffer
}

extension AlignedBuffer {
  /// The elements, to be read.
  var reading: UnsafeBufferPointer<Element> { UnsafeBufferPointer(elements) }
}
