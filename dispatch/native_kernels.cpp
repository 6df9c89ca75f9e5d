#define OCHRE_NATIVE_KERNELS
#include "native_kernels.hpp"
