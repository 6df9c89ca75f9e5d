// Brings back what macros_aside.hpp has put aside. Tested by hygiene/after_macros.cpp.

#if defined(__clang__)  // which warns where this is compiled alone
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wignored-pragmas"
#endif
#pragma pop_macro("Above")
#pragma pop_macro("Always")
#pragma pop_macro("B")
#pragma pop_macro("Below")
#pragma pop_macro("Bool")
#pragma pop_macro("Complex")
#pragma pop_macro("ERROR")
#pragma pop_macro("F")
#pragma pop_macro("False")
#pragma pop_macro("H")
#pragma pop_macro("I")
#pragma pop_macro("N")
#pragma pop_macro("None")
#pragma pop_macro("Status")
#pragma pop_macro("Success")
#pragma pop_macro("T")
#pragma pop_macro("True")
#pragma pop_macro("Unsorted")
#pragma pop_macro("W")
#pragma pop_macro("byte")
#pragma pop_macro("interface")
#pragma pop_macro("max")
#pragma pop_macro("min")
#pragma pop_macro("small")
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
