// The bytes of the model file OCHRE_MODEL_FILE between two symbols, which the assembler copies. 64 bytes is a cache
// line: tensors that are aligned in the file are aligned in memory.
#include <ochre/embedded_model.hpp>

#define OCHRE_TEXT_OF(word) #word
#define OCHRE_EXPANDED_TEXT_OF(word) OCHRE_TEXT_OF(word)
#define OCHRE_SYMBOL(name) OCHRE_EXPANDED_TEXT_OF(__USER_LABEL_PREFIX__) "ochre_v0_embedded_model_" name

#if defined(__ELF__)
#define OCHRE_BEGIN_CONSTANTS \
  ".pushsection .rodata\n.hidden " OCHRE_SYMBOL("begin") "\n.hidden " OCHRE_SYMBOL("end") "\n"
#define OCHRE_END_CONSTANTS ".popsection\n"
#elif defined(_WIN32)
#define OCHRE_BEGIN_CONSTANTS ".section .rdata, \"dr\"\n"
#define OCHRE_END_CONSTANTS ".text\n"
#else
#error "the embedded model is not made for this system's object files"
#endif

// clang-format off
asm(OCHRE_BEGIN_CONSTANTS
    ".globl " OCHRE_SYMBOL("begin") "\n"
    ".globl " OCHRE_SYMBOL("end") "\n"
    ".balign 64\n"
    OCHRE_SYMBOL("begin") ":\n"
    ".incbin \"" OCHRE_MODEL_FILE "\"\n"
    OCHRE_SYMBOL("end") ":\n"
    ".byte 0\n"
    OCHRE_END_CONSTANTS);
// clang-format on

extern "C" const std::byte ochre_v0_embedded_model_begin[];
extern "C" const std::byte ochre_v0_embedded_model_end[];

std::span<const std::byte> ochre::embedded_model() noexcept {
  return {ochre_v0_embedded_model_begin, ochre_v0_embedded_model_end};
}
