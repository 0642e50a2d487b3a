<%def name="f()" filter="n">${value}</%def>${f()}
