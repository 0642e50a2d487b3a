<%block name="__M_write">${value}</%block>
