<%def name="__M_write(text)"></%def>${value}
