# Makes `target` from an installed header, for packages whose own CMake file is missing (stb) or asks for more than
# their headers need (Debian's xsimd wants the library xtl). Used by the build and by the installed package.
function(ochre_header_target target header)
  if(NOT TARGET ${target})
    string(MAKE_C_IDENTIFIER "${target}_INCLUDE_DIR" variable)
    find_path(${variable} ${header})
    mark_as_advanced(${variable})
    if(${variable})
      add_library(${target} INTERFACE IMPORTED GLOBAL)
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${${variable}}")
    endif()
  endif()
endfunction()
