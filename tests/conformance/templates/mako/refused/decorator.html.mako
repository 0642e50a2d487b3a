<%def name="f()" decorator="value"></%def>${f()}
