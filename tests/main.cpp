// The main function of the test program; every other file of it is one tests/<folder>/<topic>_test.cpp.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
