page
<%include file="nested/part.html"/>
end
