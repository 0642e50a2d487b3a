<%def name="f()" cached="True">${value}</%def>${f()}
