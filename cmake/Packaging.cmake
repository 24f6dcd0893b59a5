# `make package` (cpack) makes a Debian package: the program, a systemd unit, an example configuration, the documents.
include(GNUInstallDirs)
set(packaging ${CMAKE_SOURCE_DIR}/deploy/systemd)

install(TARGETS event-exporter RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Where the program looks for it when traces are switched on.
install(TARGETS exporter_otlp LIBRARY DESTINATION lib/event-exporter)
install(FILES ${packaging}/event-exporter.service DESTINATION lib/systemd/system)
install(FILES config/event-exporter.example.toml LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

# The list of all that the program is made of; behind the program, because it has the sums of the installed files.
install(CODE "
  set(to \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/sbom --output \"\${to}/${CMAKE_INSTALL_DOCDIR}/sbom.cdx.json\"
                          --shipped \"\${to}/${CMAKE_INSTALL_BINDIR}/event-exporter\"
                          --shipped \"\${to}/lib/event-exporter/event-exporter-otlp.so\" $<TARGET_FILE:event-exporter>
                  COMMAND_ERROR_IS_FATAL ANY)")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME event-exporter)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Delivers NVSentinel's GPU health events to an HTTP endpoint as CloudEvents")
set(CPACK_PACKAGE_CONTACT "the maintainers of event-exporter")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates")
# Traces alone need it, and Debian 12 has it in its backports alone. It has no list by which shlibdeps could find it, and its
# libraries no version in their names.
string(REGEX MATCH "^([0-9]+)\\.([0-9]+)" minor "${opentelemetry-cpp_VERSION}")
math(EXPR next "${CMAKE_MATCH_2} + 1")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "opentelemetry-cpp (>= ${minor}), opentelemetry-cpp (<< ${CMAKE_MATCH_1}.${next})")
# Enables nothing: a service without a configuration cannot run. Makes systemd read the unit, and ends it at removal.
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${packaging}/postinst;${packaging}/prerm;${packaging}/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
