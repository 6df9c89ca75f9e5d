# Makes `target` from an installed header, for packages whose own CMake file is missing (stb) or asks for more than
# their headers need (Debian's xsimd wants the library xtl). Looked for where find_package would look: xsimd_ROOT,
# CMAKE_PREFIX_PATH, the system. Used by the build and by the installed package.
function(ochre_header_target target header)
  if(NOT TARGET ${target})
    string(MAKE_C_IDENTIFIER "${target}_INCLUDE_DIR" variable)
    get_filename_component(package "${header}" DIRECTORY)
    find_path(${variable} ${header} HINTS "${${package}_ROOT}" ENV ${package}_ROOT PATH_SUFFIXES include)
    mark_as_advanced(${variable})
    if(${variable})
      add_library(${target} INTERFACE IMPORTED GLOBAL)
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${${variable}}")
    endif()
  endif()
endfunction()
