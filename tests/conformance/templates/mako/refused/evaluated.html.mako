<%def name="f()" buffered="print(1)">x</%def>
