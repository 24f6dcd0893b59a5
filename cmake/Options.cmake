# Build options, warnings and sanitizers. Presets (CMakePresets.json) set the options; nobody needs to by hand.
option(EXPORTER_TESTS "Build the tests" ON)
option(EXPORTER_BENCH "Build the benchmarks" OFF)
option(EXPORTER_FUZZ "Build the fuzz targets (clang only)" OFF)
option(EXPORTER_WERROR "Warnings are errors" ON)
option(EXPORTER_HARDENING "What an exploit finds in its way; for what is shipped (docs/security.md)" OFF)
option(EXPORTER_FAILPOINTS "Places at which tests kill the program (base/failpoint.h); never in what is shipped" OFF)
set(EXPORTER_SANITIZE "" CACHE STRING "Sanitizers, as given to -fsanitize=")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
                    -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # The annotations of base/mutex.h are checked by clang only.
  add_compile_options(-Wthread-safety)
endif()
if(EXPORTER_WERROR)
  add_compile_options(-Werror)
endif()
# Paths in diagnostics and __FILE__ do not depend on where the checkout lies.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Nor on whether there is a ccache, which hands the compiler relative paths (CCACHE_BASEDIR): docs/reproducible-build.md.
  file(RELATIVE_PATH to_sources ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
  string(REGEX REPLACE "/$" "" to_sources "${to_sources}")
  add_compile_options(-ffile-prefix-map=${to_sources}/=)
endif()

if(EXPORTER_HARDENING)
  # tools/check_hardening.py looks for each of these in what was built. -fPIE, not CMake's property, which would compile
  # static libraries with -fPIC: then nothing that another library could replace would be inlined.
  set(is_module $<STREQUAL:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY>)
  set(is_program $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
  add_compile_options($<$<NOT:${is_module}>:-fPIE> -fstack-protector-strong -fstack-clash-protection
                      -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    add_compile_options(-fcf-protection=full)
  endif()
  add_link_options($<${is_program}:-pie> LINKER:-z,relro,-z,now,-z,noexecstack)
endif()

if(EXPORTER_SANITIZE)
  add_compile_options(-fsanitize=${EXPORTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${EXPORTER_SANITIZE})
  if(EXPORTER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences are not modelled by the thread sanitizer, which gcc warns about; its queue is guarded by a mutex.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(EXPORTER_FUZZ)
  # Coverage feedback for every object; the fuzzer's own main is linked by the targets in fuzz/.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(EXPORTER_MOLD mold)
if(EXPORTER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
