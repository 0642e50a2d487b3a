<%block filter="n">${value}</%block>
