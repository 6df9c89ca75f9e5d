# The embedded model's file, byte for byte, between two symbols, and the list of known weight files. C++ sees them as
#   extern "C" const unsigned char ochre_embedded_model[], ochre_embedded_model_end[];
# 64 bytes is a cache line: tensors that are aligned in the file are aligned in memory.
        .section .rodata
        .global ochre_embedded_model
        .global ochre_embedded_model_end
        .balign 64
ochre_embedded_model:
        .incbin OCHRE_EMBEDDED_MODEL
ochre_embedded_model_end:
        .byte 0
        .global ochre_known_files
        .global ochre_known_files_end
ochre_known_files:
        .incbin OCHRE_KNOWN_FILES
ochre_known_files_end:
        .byte 0
        .section .note.GNU-stack, "", %progbits
