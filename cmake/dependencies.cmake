# Finds what ochre stands on: first as packages of the system, else pinned releases from the internet.
# Except for Google Benchmark all of them are headers only, so a fetched one is not built but becomes an imported
# target of the name its own package would have given it; the install rules then need not care where it came from.
include(FetchContent)
include("${CMAKE_CURRENT_LIST_DIR}/header_target.cmake")

# Makes `target` from the headers in `folder` of a fetched repository.
function(ochre_fetch_headers name target repository tag folder)
  message(STATUS "ochre: ${name} is not installed, fetching ${tag}")
  FetchContent_Declare(ochre_${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} ${ARGN}
                       SOURCE_SUBDIR not-built)  # no such folder: populate only
  FetchContent_MakeAvailable(ochre_${name})
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${ochre_${name}_SOURCE_DIR}/${folder}")
endfunction()

macro(ochre_find_eigen)
  if(NOT TARGET Eigen3::Eigen)
    find_package(Eigen3 QUIET NO_MODULE)
  endif()
  if(NOT TARGET Eigen3::Eigen)
    ochre_fetch_headers(eigen Eigen3::Eigen https://gitlab.com/libeigen/eigen.git 3.4.0 .)
  endif()
endmacro()

macro(ochre_find_xsimd)
  ochre_header_target(ochre_dependency::xsimd xsimd/xsimd.hpp)
  if(NOT TARGET ochre_dependency::xsimd)
    ochre_fetch_headers(xsimd ochre_dependency::xsimd https://github.com/xtensor-stack/xsimd.git 8.1.0 include)
  endif()
endmacro()

macro(ochre_find_json)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json 3 QUIET)
  endif()
  if(NOT TARGET nlohmann_json::nlohmann_json)
    ochre_fetch_headers(json nlohmann_json::nlohmann_json https://github.com/nlohmann/json.git v3.11.2 include)
  endif()
endmacro()

# stb is included as <stb/stb_image.h>.
macro(ochre_find_stb)
  ochre_header_target(ochre_dependency::stb stb/stb_image.h)
  if(NOT TARGET ochre_dependency::stb)
    ochre_fetch_headers(stb ochre_dependency::stb https://github.com/nothings/stb.git 8b5f1f37b5b75829fc72d38e7b5d4bcbf8a26d55 ..
                        SOURCE_DIR "${CMAKE_BINARY_DIR}/_deps/ochre_stb/stb")
  endif()
endmacro()

macro(ochre_find_cli11)
  if(NOT TARGET CLI11::CLI11)
    find_package(CLI11 2 QUIET)
  endif()
  if(NOT TARGET CLI11::CLI11)
    ochre_fetch_headers(cli11 CLI11::CLI11 https://github.com/CLIUtils/CLI11.git v2.1.2 include)
  endif()
endmacro()

macro(ochre_find_doctest)
  if(NOT TARGET doctest::doctest)
    find_package(doctest QUIET)
  endif()
  if(NOT TARGET doctest::doctest)
    ochre_fetch_headers(doctest doctest::doctest https://github.com/doctest/doctest.git v2.4.9 .)
  endif()
endmacro()

macro(ochre_find_benchmark)
  if(NOT TARGET benchmark::benchmark)
    find_package(benchmark QUIET)
  endif()
  if(NOT TARGET benchmark::benchmark)
    message(STATUS "ochre: benchmark is not installed, fetching v1.7.1")
    set(BENCHMARK_ENABLE_TESTING OFF CACHE BOOL "" FORCE)
    set(BENCHMARK_ENABLE_INSTALL OFF CACHE BOOL "" FORCE)
    FetchContent_Declare(ochre_benchmark GIT_REPOSITORY https://github.com/google/benchmark.git GIT_TAG v1.7.1)
    FetchContent_MakeAvailable(ochre_benchmark)
  endif()
endmacro()
