<% def __M_write(text): return text %>${value}
