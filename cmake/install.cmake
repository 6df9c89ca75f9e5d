# `cmake --install` and what find_package(ochre) finds afterwards. Component `library` is all but the program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ochre")
install(DIRECTORY include/ochre DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library)
install(TARGETS ochre EXPORT ochre COMPONENT library)
install(EXPORT ochre NAMESPACE ochre:: FILE ochreTargets.cmake DESTINATION "${package_dir}"
        COMPONENT library)
if(OCHRE_IMAGE_IO)
  install(TARGETS ochre_image_io EXPORT ochre_image_io)
  install(EXPORT ochre_image_io NAMESPACE ochre:: FILE ochreImageIoTargets.cmake DESTINATION "${package_dir}"
          COMPONENT library)
endif()
install(TARGETS ochre_embedded_model EXPORT ochre_embedded_model DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
install(EXPORT ochre_embedded_model NAMESPACE ochre:: FILE ochreEmbeddedModelTargets.cmake DESTINATION "${package_dir}"
        COMPONENT library)
if(OCHRE_DISPATCH)
  install(TARGETS ochre_dispatch EXPORT ochre_dispatch DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
  install(EXPORT ochre_dispatch NAMESPACE ochre:: FILE ochreDispatchTargets.cmake DESTINATION "${package_dir}"
          COMPONENT library)
endif()
configure_package_config_file(cmake/ochreConfig.cmake.in ochreConfig.cmake INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(ochreConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/ochreConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/ochreConfigVersion.cmake"
              cmake/header_target.cmake
        DESTINATION "${package_dir}" COMPONENT library)
install(FILES LICENSE include/NETWORKS.md include/REFERENCE.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT library)
