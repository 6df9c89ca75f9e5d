// Puts aside the macros by which other libraries' headers (Xlib.h, windows.h, complex.h) and short-spoken programs take
// names that ochre, xsimd or the standard library uses; macros_back.hpp brings them back. The headers that users
// include begin and end with these two, so that they compile before such a header and after it. Not `#pragma once`:
// each header does it anew. Tested by hygiene/after_macros.cpp.

#pragma push_macro("Above")
#undef Above
#pragma push_macro("Always")
#undef Always
#pragma push_macro("B")
#undef B
#pragma push_macro("Below")
#undef Below
#pragma push_macro("Bool")
#undef Bool
#pragma push_macro("Complex")
#undef Complex
#pragma push_macro("ERROR")
#undef ERROR
#pragma push_macro("F")
#undef F
#pragma push_macro("False")
#undef False
#pragma push_macro("H")
#undef H
#pragma push_macro("I")
#undef I
#pragma push_macro("N")
#undef N
#pragma push_macro("None")
#undef None
#pragma push_macro("Status")
#undef Status
#pragma push_macro("Success")
#undef Success
#pragma push_macro("T")
#undef T
#pragma push_macro("True")
#undef True
#pragma push_macro("Unsorted")
#undef Unsorted
#pragma push_macro("W")
#undef W
#pragma push_macro("byte")
#undef byte
#pragma push_macro("interface")
#undef interface
#pragma push_macro("max")
#undef max
#pragma push_macro("min")
#undef min
#pragma push_macro("small")
#undef small
