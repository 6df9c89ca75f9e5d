// All headers in two translation units: a definition that is not inline fails to link, and an inline variable must be
// one and the same in both.
#include "all_headers.hpp"

const void* version_seen_by_the_other_unit();

int main() { return version_seen_by_the_other_unit() == static_cast<const void*>(ochre::version) ? 0 : 1; }
