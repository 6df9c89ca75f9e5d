# Builds consumer/ from nothing and runs it: cmake -D MODE=… -D OCHRE=… -D BUILD=… -D WORK=… -D CXX=… -D GENERATOR=…
# -D OPENMP=ON|OFF -P consume.cmake. MODE find_package installs the library of the build folder BUILD under WORK first;
# the prefix moves before it is used, as a package does. MODE add_subdirectory uses the source folder OCHRE.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
if(MODE STREQUAL "find_package")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --component library --prefix "${WORK}/first")
  file(RENAME "${WORK}/first" "${WORK}/prefix")
  set(how "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  set(how "-DOCHRE_FOLDER=${OCHRE}")
endif()
run("${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${CXX}" "-DOCHRE_OPENMP=${OPENMP}" "${how}"
    -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/build")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/consumer" "${OCHRE}/weights/street.safetensors")
message("${output}")

# Another xsimd than the system's: that of xsimd_ROOT, by the name of its folder alone.
file(WRITE "${WORK}/other/include/xsimd/xsimd.hpp" "")
run("${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${CXX}" "${how}" "-Dxsimd_ROOT=${WORK}/other"
    -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/other_build")
file(STRINGS "${WORK}/other_build/CMakeCache.txt" found REGEX "xsimd_INCLUDE_DIR:PATH=")
string(FIND "${found}" "=${WORK}/other/include" at)
if(at EQUAL -1)
  message(FATAL_ERROR "xsimd_ROOT is not heard: ${found}")
endif()
