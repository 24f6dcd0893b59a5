# embed_text(OUTPUT page_text.cpp INPUT page/index.html FUNCTION exporter::admin::page_text HEADER admin/page.h)
#
# Makes a C++ source of a text file at build time: FUNCTION, declared in HEADER, gives the file's bytes as a
# std::string_view. Needs nothing but CMake. It becomes one raw string, so the file must not hold the end
# mark `)embedded"` and has at most 65,000 bytes.
function(embed_text)
  cmake_parse_arguments(ARG "" "OUTPUT;INPUT;FUNCTION;HEADER" "" ${ARGN})
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_INPUT})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${ARG_OUTPUT})
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_FILE})
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D INPUT=${input} -D OUTPUT=${output} -D FUNCTION=${ARG_FUNCTION} -D HEADER=${ARG_HEADER}
            -P ${script}
    DEPENDS ${input} ${script}
    COMMENT "Embedding ${ARG_INPUT}"
    VERBATIM)
endfunction()

# Run as a script, it is the command above.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  file(READ ${INPUT} text)
  string(FIND "${text}" ")embedded\"" end_mark)
  if(NOT end_mark EQUAL -1)
    message(FATAL_ERROR "${INPUT} holds the end mark of a raw string")
  endif()
  # Beyond 64 KiB compilers need not take a string literal, and clang warns.
  file(SIZE ${INPUT} size)
  if(size GREATER 65000)
    message(FATAL_ERROR "${INPUT} has ${size} bytes; what is embedded may have 65000")
  endif()
  get_filename_component(name ${INPUT} NAME)
  file(WRITE ${OUTPUT} "// Made of ${name} by cmake/EmbedText.cmake.\n#include \"${HEADER}\"\n\n")
  file(APPEND ${OUTPUT} "std::string_view ${FUNCTION}() {\n  return R\"embedded(")
  file(APPEND ${OUTPUT} "${text}")
  file(APPEND ${OUTPUT} ")embedded\";\n}\n")
endif()
