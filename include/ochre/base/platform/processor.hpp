// What a make of CPU is good at, where its instruction set does not tell. Tested by products_test.cpp.
#pragma once

namespace ochre::inline v0::platform {

// Do products of bf16 in vectors (AVX512_BF16) pay? AMD's Zen 4 and 5 make one and a half to twice as many as of float;
// Intel's Sapphire Rapids and its successors half as many: they have the tile unit for that.
inline bool bf16_vectors_are_fast() noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  return !__builtin_cpu_is("intel");
#else
  return true;
#endif
}

}  // namespace ochre::inline v0::platform
